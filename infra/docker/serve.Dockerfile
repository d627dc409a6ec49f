# The matching service: page and API on CPUs. Build from the project's folder:
#   docker build --file infra/docker/serve.Dockerfile --tag lookalike-serve .
# Run: docker run --read-only --tmpfs /tmp --volume "$PWD/models:/models:ro" --publish 127.0.0.1:8421:8421 lookalike-serve
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.9 && uv venv /opt/lookalike
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --require-hashes --requirements requirements.lock
COPY . .
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 lookalike
COPY --from=build /opt/lookalike /opt/lookalike
ENV PATH=/opt/lookalike/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/tmp/numba HOME=/tmp
USER 10001
WORKDIR /tmp
EXPOSE 8421
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8421/', timeout=4)"]
ENTRYPOINT ["lookalike"]
CMD ["serve", "--plain", "--host", "0.0.0.0", "--clear-text", "--models", "/models"]
