"""Sends a large file and many small ones with the unmodified client, and fetches them back."""

import hashlib
import json
import os
import sys
import tempfile

import mlflow

large, count = int(sys.argv[1]), int(sys.argv[2])


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as f:
        while chunk := f.read(1 << 20):
            sha.update(chunk)
    return sha.hexdigest()


client = mlflow.MlflowClient()
run = client.create_run("0").info.run_id
seen = {}
with tempfile.TemporaryDirectory() as directory:
    path = f"{directory}/large.bin"
    block = os.urandom(1 << 20)
    with open(path, "wb") as f:
        for i in range(large):
            f.write(i.to_bytes(8, "big") + block[8:])
    client.log_artifact(run, path)
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1"
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(64 << 20)
    client.log_artifact(run, path, "in parts")
    del os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"]
    sent = digest(path)
    fetched = client.download_artifacts(run, "large.bin", directory + "/..")
    seen["same"] = digest(fetched) == sent
    os.remove(fetched)
    fetched = client.download_artifacts(run, "in parts/large.bin", directory + "/..")
    seen["same in parts"] = digest(fetched) == sent
    os.remove(fetched)

with tempfile.TemporaryDirectory() as directory:
    for i in range(count):
        folder = f"{directory}/{i % 100:02}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{i}.txt", "w") as f:
            f.write(str(i))
    client.log_artifacts(run, directory, "many")
folders = client.list_artifacts(run, "many")
listed = [f for folder in folders for f in client.list_artifacts(run, folder.path)]
seen["folders"] = len(folders)
seen["listed"] = len(listed)
seen["bytes"] = sum(f.file_size for f in listed)
seen["one"] = mlflow.artifacts.load_text(f"{client.get_run(run).info.artifact_uri}/many/42/4242.txt")
print(json.dumps(seen))
