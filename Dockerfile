# The demo with its dashboard on a published port:
#
#   docker build -t memscope-demo .
#   docker run --rm -p 9100:9100 -e MEMSCOPE_TOKEN=a-token-of-your-choice memscope-demo
#
# then open http://localhost:9100/?token=a-token-of-your-choice

FROM swift:6.3-bookworm AS build
WORKDIR /source
# Packages and dependencies first: these layers last until their lists change.
COPY scripts/setup scripts/
RUN scripts/setup && rm -rf /var/lib/apt/lists/*
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
COPY Public Public
# Not built, but SwiftPM wants the folder of every target it reads about.
COPY Tests Tests
RUN swift build -c release --product memscope-demo \
    && install -D "$(swift build -c release --show-bin-path)/memscope-demo" /out/memscope-demo

FROM swift:6.3-bookworm-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libmicrohttpd12 libdw1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system memscope
COPY --from=build /out/memscope-demo /usr/local/bin/
USER memscope
# Inside a container loopback cannot be published. Any other address asks for a token.
ENV MEMSCOPE_SERVER_URL=http://0.0.0.0:9100
EXPOSE 9100
STOPSIGNAL SIGTERM
ENTRYPOINT ["memscope-demo"]
