# The one door to the shop: publishes each service's port once, however many replicas it has.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends haproxy curl \
 && rm -rf /var/lib/apt/lists/*
COPY infra/docker/gateway.cfg /etc/haproxy/haproxy.cfg
USER haproxy
# haproxy finishes the requests in flight on SIGUSR1
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
