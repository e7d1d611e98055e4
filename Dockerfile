# docker build -t moescope . && docker run --rm -p 8000:8000 moescope
FROM python:3.12-slim AS build
WORKDIR /moescope
COPY pyproject.toml hatch_build.py package.json package-lock.json .npmrc LICENSE ./
COPY static/three.entry.js static/
COPY static/js static/js
COPY app app
# The environment gets no pip, and the node that bundles scripts stays in pip's throwaway build environment.
RUN python -m venv --without-pip /environment \
 && pip --python /environment install --no-cache-dir --quiet --root-user-action=ignore --editable .

FROM python:3.12-slim
RUN useradd --system --no-create-home moescope
WORKDIR /moescope
COPY --from=build /environment /environment
COPY --from=build /moescope/static/vendor static/vendor
COPY app app
COPY static static
COPY templates templates
COPY scenarios scenarios
COPY models models
ENV PATH=/environment/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 OPEN=0
USER moescope
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["python", "-m", "app"]
