# docker build -t moescope . && docker run --rm -p 8000:8000 --read-only --tmpfs /tmp moescope
# The base is named by digest (docs/DEPLOY.md says how to renew it).
ARG BASE=python:3.12.15-slim-bookworm@sha256:54c85f3c47607a77f32adec749d3c81d1348bf25833671f512b26a9b6d778cb3
FROM ${BASE} AS build
WORKDIR /moescope
COPY pyproject.toml requirements.lock hatch_build.py package.json package-lock.json .npmrc LICENSE README.md ./
COPY static static
COPY app app
COPY templates templates
COPY scenarios scenarios
COPY models models
# The environment gets no pip, and the node that bundles scripts stays in pip's throwaway build environment. What is
# installed has the versions and the hashes of requirements.lock; Moescope itself is its wheel.
RUN python -m venv --without-pip /environment \
 && pip --python /environment install --no-cache-dir --quiet --root-user-action=ignore --require-hashes -r requirements.lock \
 && pip wheel --no-cache-dir --quiet --no-deps --wheel-dir /wheel . \
 && pip --python /environment install --no-cache-dir --quiet --root-user-action=ignore --no-deps /wheel/*.whl

FROM ${BASE}
RUN useradd --system --no-create-home --uid 10001 moescope
WORKDIR /moescope
COPY --from=build /environment /environment
COPY LICENSE THIRD_PARTY.md ./
ENV PATH=/environment/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 OPEN=0 ACCESS_LOG=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["moescope"]
