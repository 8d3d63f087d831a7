# Node 26 runs the TypeScript as it is: nothing is built here.
FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /opt/jieli
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY config ./config
COPY cards ./cards
COPY handlers ./handlers
COPY src ./src
RUN printf '#!/bin/sh\nexec node /opt/jieli/src/main.ts "$@"\n' > /usr/local/bin/jieli \
  && chmod 755 /usr/local/bin/jieli \
  && install -d -o node -g node -m 700 /srv/jieli/data

# jieli.yaml is looked for here, and its `dataFolder: ./data` lies beside it.
WORKDIR /srv/jieli
USER node
VOLUME /srv/jieli/data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["jieli"]
CMD ["start"]
