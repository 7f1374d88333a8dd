/** The shipped rule files and their unit tests, read once, for the tests beside this file. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export interface Rule {
  readonly file: string
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly keep_firing_for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface AlertTest {
  readonly alertname: string
  readonly exp_alerts: readonly { readonly exp_annotations: Readonly<Record<string, string>> }[]
}

export interface RecordTest {
  readonly expr: string
  readonly exp_samples: readonly unknown[]
}

/** One test of a file of unit tests. */
export interface RuleTest {
  readonly alert_rule_test?: readonly AlertTest[]
  readonly promql_expr_test?: readonly RecordTest[]
}

export interface RuleTestFile {
  readonly rule_files: readonly string[]
  readonly tests: readonly RuleTest[]
}

interface RuleFile {
  readonly groups: readonly (Readonly<Record<string, unknown>> & {
    readonly name: string
    readonly rules: readonly Omit<Rule, 'file'>[]
  })[]
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const RULE_FILES: readonly string[] = yamlFiles('prometheus/rules')
export const OPTIONAL_FILES: readonly string[] = yamlFiles('prometheus/optional')
export const RULE_TESTS: readonly string[] = yamlFiles('prometheus/rules/tests')

export function groupsOf(file: string): RuleFile['groups'] {
  return (parse(readFileSync(`${ROOT}/${file}`, 'utf8')) as RuleFile).groups
}

export function rulesOf(files: readonly string[]): Rule[] {
  return files.flatMap(file =>
    groupsOf(file).flatMap(({ rules }) => rules.map(r => ({ ...r, file }))),
  )
}

export function ruleTestFiles(): RuleTestFile[] {
  return RULE_TESTS.map(file => parse(readFileSync(`${ROOT}/${file}`, 'utf8')) as RuleTestFile)
}

export function alertTests(): AlertTest[] {
  return ruleTestFiles().flatMap(({ tests }) =>
    tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test),
  )
}

export function recordTests(): RecordTest[] {
  return ruleTestFiles().flatMap(({ tests }) =>
    tests.flatMap(({ promql_expr_test = [] }) => promql_expr_test),
  )
}

function yamlFiles(folder: string): string[] {
  return readdirSync(`${ROOT}/${folder}`)
    .filter(name => name.endsWith('.yml'))
    .sort()
    .map(name => `${folder}/${name}`)
}
