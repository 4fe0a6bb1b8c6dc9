FROM node:20-bookworm-slim AS build
WORKDIR /hearth
COPY package.json package-lock.json .npmrc ./
# What builds the host is among what it needs to run: it compiles functions with it.
RUN npm ci --omit=dev --include=optional
COPY tsconfig.json ./
COPY scripts ./scripts
COPY sdk ./sdk
COPY runtime ./runtime
COPY web ./web
RUN npm run build

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="Hearth" \
      org.opencontainers.image.description="A self-hosted home for cloud functions with live WebSockets" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /hearth
COPY --from=build /hearth/node_modules ./node_modules
COPY --from=build /hearth/dist ./dist
COPY package.json ./
COPY functions ./functions
# The types that functions are checked against.
COPY sdk ./sdk
# A new volume takes over the owner of the folder that it is mounted on.
RUN install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
VOLUME /data
# The user `node`, by its number, so that an orchestrator can tell that it is not root.
USER 1000:1000
EXPOSE 4000 4001
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CONSOLE_PORT || 4001}/_/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
