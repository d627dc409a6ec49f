# Coordinator, gateway and embedding on CPUs. Build from the project's folder:
#   docker build --file infra/docker/coordinator.Dockerfile --tag lookalike-coordinator .
# Run: docker run --shm-size=1g --volume lookalike-data:/data --publish 127.0.0.1:8420:8420 lookalike-coordinator
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.9 && uv venv /opt/lookalike
# What the lock holds first: it changes seldom, and this layer is the large one.
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --require-hashes --requirements requirements.lock
COPY . .
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 lookalike && mkdir /data && chown lookalike: /data
COPY --from=build /opt/lookalike /opt/lookalike
ENV PATH=/opt/lookalike/bin:$PATH NUMBA_CACHE_DIR=/tmp/numba RAY_USAGE_STATS_ENABLED=0 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8420
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8420/v1/health', timeout=4)"]
# Clear text inside the container's network alone: publish the port on loopback, with TLS in front of it.
ENTRYPOINT ["lookalike"]
CMD ["coordinator", "--host", "0.0.0.0", "--allow-clear-text", "--data", "/data/tables", "--tokens", "/data/secrets/tokens.json", "--metrics", "/data/metrics", "--log", "/data/logs/coordinator.log"]
