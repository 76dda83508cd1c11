# syntax=docker/dockerfile:1
# Onlooker on a CPU. Models and data are volumes, never part of the image.
#   docker build -t onlooker .
# The first key, and then the service, for this machine alone (a proxy or TLS opens it to others: docs/opening.md):
#   docker run --rm -v onlooker-data:/data onlooker keys add me --role admin
#   docker run -p 127.0.0.1:8080:8080 -v onlooker-models:/models -v onlooker-data:/data onlooker

FROM node:22-bookworm-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm install --ignore-scripts
COPY . .
RUN npm run build && rm -rf dist/test dist/bench && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /models /data && chown node:node /models /data
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules node_modules
COPY --from=build --chown=root:root /app/dist dist
# Two arenas of malloc in place of eight a core: tens of MiB less, no slower.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    ONLOOKER_HOST=0.0.0.0 \
    ONLOOKER_PORT=8080 \
    ONLOOKER_MODELS_DIR=/models \
    ONLOOKER_DATA_DIR=/data
USER node
VOLUME ["/models", "/data"]
EXPOSE 8080
# The first start fetches 41 MB of models; later ones are ready in seconds.
HEALTHCHECK --interval=30s --timeout=5s --start-period=150s --retries=3 \
  CMD ["node", "dist/bin/onlooker.js", "health"]
ENTRYPOINT ["tini", "--", "node", "dist/bin/onlooker.js"]
CMD ["serve"]
