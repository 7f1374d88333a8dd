# The image: Node, the libraries that it needs, the program and its dependencies; no shell, no package
# manager. It runs as uid 65532 with a read-only root and writes to /data only.
#
#   docker build -t sflow-bridge .
#   docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges \
#     -v sflow-data:/data -p 6343:6343/udp -p 127.0.0.1:16343:16343 sflow-bridge
#
# NODE_IMAGE is any image with Node 24, npm and glibc. A registry of your own for npm:
#   docker build --build-arg NODE_IMAGE=registry.example.net/node:24 --secret id=npmrc,src=$HOME/.npmrc .
ARG NODE_IMAGE=docker.io/library/node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /checkout
COPY package.json package-lock.json ./
COPY deploy/npm/manifest.ts deploy/npm/
RUN ["node", "deploy/npm/manifest.ts", "/app"]
WORKDIR /app
RUN --mount=type=secret,id=npmrc NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci --omit=dev --no-audit --no-fund
COPY bin bin
COPY prometheus prometheus
COPY src src
COPY deploy/image/root.ts /checkout/deploy/image/
RUN ["node", "/checkout/deploy/image/root.ts", "/app", "/image"]

FROM scratch
LABEL org.opencontainers.image.title="sflow-bridge" \
      org.opencontainers.image.description="sFlow v5 to Prometheus" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/root/ /
COPY --from=build --chown=65532:65532 /image/owned/ /
# The last as in the first line of bin/sflow-bridge.js.
ENV PATH=/usr/local/bin NODE_ENV=production MALLOC_ARENA_MAX=2
USER 65532:65532
# What --storage.path says by default is /data, seen from here.
WORKDIR /
VOLUME ["/data"]
EXPOSE 6343/udp 16343/tcp
ENTRYPOINT ["node", "--max-semi-space-size=2", "/app/bin/sflow-bridge.js"]
CMD ["serve"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "/app/bin/sflow-bridge.js", "healthcheck"]
