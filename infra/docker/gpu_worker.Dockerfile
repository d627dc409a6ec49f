# A Ray worker with a GPU: embedding and training. Build from the project's folder:
#   docker build --file infra/docker/gpu_worker.Dockerfile --tag lookalike-gpu .
# It joins the cluster that RAY_ADDRESS names; RAY_AUTH_TOKEN_PATH must lead to the cluster's token.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04 AS build
WORKDIR /src
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/* \
  && pip install --no-cache-dir uv==0.13.9 && uv venv --python 3.11 /opt/lookalike
COPY requirements.lock pyproject.toml README.md LICENSE ./
# onnxruntime-gpu takes onnxruntime's place: the same module, the same version.
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --require-hashes --requirements requirements.lock \
  && uv pip uninstall --python /opt/lookalike/bin/python onnxruntime \
  && uv pip install --no-cache --python /opt/lookalike/bin/python onnxruntime-gpu \
  && uv pip install --no-cache --python /opt/lookalike/bin/python --torch-backend cu128 torch==2.13.0
COPY . .
RUN uv pip install --no-cache --python /opt/lookalike/bin/python --no-deps --no-build-isolation .

FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04
RUN useradd --create-home --uid 10001 lookalike
COPY --from=build /root/.local/share/uv /root/.local/share/uv
COPY --from=build /opt/lookalike /opt/lookalike
RUN chmod a+rx /root /root/.local /root/.local/share
ENV PATH=/opt/lookalike/bin:$PATH NUMBA_CACHE_DIR=/tmp/numba RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/lookalike
ENTRYPOINT ["/bin/sh", "-c", "exec ray start --block --disable-usage-stats --address=\"$RAY_ADDRESS\""]
