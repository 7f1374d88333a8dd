/** Certificates for tests, made with openssl: an authority, a server, clients, one of them expired. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { part } from '../support/parts.ts'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

export interface SignOptions {
  /** As openssl writes it: `DNS:localhost,IP:127.0.0.1`. */
  readonly altNames?: string
  readonly expired?: boolean
}

export class Authority {
  readonly folder: string
  readonly caFile: string
  #serial = 0

  constructor(name = 'Test Authority') {
    this.folder = mkdtempSync(join(tmpdir(), 'certificates-'))
    this.caFile = join(this.folder, 'ca.crt')
    this.#openssl(
      'req',
      '-x509',
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
      ...this.#keyOut('ca'),
      '-out',
      'ca.crt',
    )
    mkdirSync(join(this.folder, 'issued'))
    writeFileSync(join(this.folder, 'index.txt'), '')
    writeFileSync(
      join(this.folder, 'ca.conf'),
      [
        '[ca]',
        'default_ca = own',
        '[own]',
        'database = index.txt',
        'new_certs_dir = issued',
        'rand_serial = yes',
        'default_md = sha256',
        'policy = any',
        'copy_extensions = copy',
        'unique_subject = no',
        '[any]',
        'commonName = supplied',
        '',
      ].join('\n'),
    )
  }

  get ca(): string {
    return readFileSync(this.caFile, 'utf8')
  }

  /** A key and a certificate for it, valid for a day, or for a day long past. */
  sign(commonName: string, options: SignOptions = {}): Certificate {
    const file = `${++this.#serial}-${commonName}`
    const { altNames, expired = false } = options
    const extension = altNames === undefined ? [] : ['-addext', `subjectAltName=${altNames}`]
    this.#openssl(
      'req',
      '-subj',
      `/CN=${commonName}`,
      ...this.#keyOut(file),
      ...extension,
      '-out',
      `${file}.csr`,
    )
    const dates = expired
      ? ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
      : ['-days', '1']
    this.#openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.conf',
      '-cert',
      'ca.crt',
      '-keyfile',
      'ca.key',
      ...dates,
      '-in',
      `${file}.csr`,
      '-out',
      `${file}.crt`,
    )
    const certFile = join(this.folder, `${file}.crt`)
    const keyFile = join(this.folder, `${file}.key`)
    return {
      certFile,
      keyFile,
      cert: readFileSync(certFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
    }
  }

  #keyOut(file: string): readonly string[] {
    return [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      `${file}.key`,
    ]
  }

  #openssl(...words: readonly string[]): void {
    execFileSync(part('openssl'), words, { cwd: this.folder, stdio: 'pipe' })
  }
}
