#!/usr/bin/env bash
# Writes the models and the readings of this folder again: bash generate.sh
# It needs Python 3.11 and about 20 GB of disk for the virtual environments, which it makes below .local-aws.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
work=${MODEL_FILES_WORK:-$here/../../../.local-aws/transformers}
mkdir -p "$work"
cd "$work"
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_VERBOSITY=error PYTHONDONTWRITEBYTECODE=1

for version in 4.51.3 4.55.0 4.57.6 5.24.0; do
  [[ -x venv-$version/bin/python ]] && continue
  python3 -m venv "venv-$version"
  "venv-$version/bin/pip" install --quiet -r "$here/requirements-$version.txt"
done
with() { # version, script, arguments
  "$work/venv-$1/bin/python" "$here/$2" "${@:3}"
}

rm -rf models settings
mkdir -p models settings
cd models
with 4.51.3 save.py make 4.51.3 llama2 llama3 mistral mixtral qwen2 qwen3 qwen3-moe starcoder flan-t5 mllama qwen2-vl qwen2.5-vl
with 4.55.0 save.py make 4.55.0 gpt-oss
with 4.57.6 save.py again 4.51.3 4.57.6
with 5.24.0 save.py again 4.51.3 5.24.0
with 5.24.0 save.py again 4.55.0 5.24.0-gpt-oss
with 5.24.0 repair.py 4.57.6 repaired-4.57.6
with 5.24.0 repair.py 5.24.0 repaired
with 5.24.0 repair.py 5.24.0-gpt-oss repaired-gpt-oss
with 4.51.3 save.py models-again 5.24.0 saved-again

mkdir -p readings
for models in 4.51.3 4.57.6 5.24.0 repaired-4.57.6 repaired saved-again; do
  with 4.51.3 check.py 4.51.3 $models >"readings/4.51.3-reads-$models.json"
done
for models in 4.55.0 5.24.0-gpt-oss repaired-gpt-oss; do
  with 4.55.0 check.py 4.55.0 $models >"readings/4.55.0-reads-$models.json"
done

cd ../settings
with 4.51.3 settings.py make saved
with 5.24.0 settings.py again saved newer
mkdir repaired
for class in newer/*; do
  with 5.24.0 repair.py "$class" "repaired/${class#newer/}"
done
for settings in newer repaired; do
  with 4.51.3 settings.py compare saved $settings >"../models/readings/settings-$settings.txt"
done

cd ../models
mv 5.24.0-gpt-oss/gpt-oss 5.24.0/
mv repaired-gpt-oss/gpt-oss repaired/
for models in 4.51.3 4.55.0 4.57.6 5.24.0 repaired-4.57.6 repaired; do
  with 5.24.0 to_text.py $models "$here/$models"
done
rm -rf "$here/readings"
cp -r readings "$here/readings"
