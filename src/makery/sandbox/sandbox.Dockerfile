# The image that DockerSandbox runs commands in; build it once:
#   docker build -t makery-sandbox - < sandbox.Dockerfile
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir pytest ruff playwright
