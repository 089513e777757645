#!/bin/sh
# The paper's figures 8 and 9 as columns of the evaluation, and less work for a picture: 30 concepts each, then the table.
#
#     sh training/evaluation/ablations.sh [further options of npm run evaluate]
set -e
cd "$(dirname "$0")/../.."
npm run --silent build
column() {
  name=$1 settings=$2
  shift 2
  node --import tsx training/evaluation/evaluate.ts --lists concepts --limit 30 --no-speed --no-judge --set "$settings" --column "$name" "$@"
}
flip='{"kind":"hflip","p":0.5}'
affine='{"kind":"affine","degrees":10,"translate":0.1,"shear":0,"p":1}'
perspective='{"kind":"perspective","distortion":0.25,"p":0.7}'
jitter='{"kind":"jitter","brightness":0.1,"contrast":0.1,"saturation":0.1,"hue":0,"p":0.8}'
noise='{"kind":"noise","level":0.05}'
plain='"start":"codes","prior":{"weight":0}'
quantised="$plain,\"latent\":\"quantized\",\"optimizer\":\"adam\",\"learningRate\":0.15"

column figure-8-codebook "{$plain,\"latent\":\"sampled\",\"clampToCodebook\":false,\"optimizer\":\"adamw\",\"learningRate\":0.05}" "$@"
column figure-8-quantised "{$quantised,\"regularizer\":{\"weight\":0,\"target\":\"zero\",\"decay\":0,\"every\":1}}" "$@"
column figure-8-regularised "{$quantised,\"regularizer\":{\"weight\":1,\"target\":\"zero\",\"decay\":0.005,\"every\":1}}" "$@"
column figure-9-none '{"augmentations":[]}' "$@"
column figure-9-hflip "{\"augmentations\":[$flip]}" "$@"
column figure-9-affine "{\"augmentations\":[$affine]}" "$@"
column figure-9-perspective "{\"augmentations\":[$perspective]}" "$@"
column figure-9-jitter "{\"augmentations\":[$jitter]}" "$@"
column figure-9-noise "{\"augmentations\":[$noise]}" "$@"
for steps in 25 50 200; do column "steps-$steps" "{\"steps\":$steps}" "$@"; done
for cutouts in 1 2 8; do column "cutouts-$cutouts" "{\"cutouts\":$cutouts}" "$@"; done
node --import tsx training/evaluation/evaluate.ts --lists concepts --only-judge "$@"
