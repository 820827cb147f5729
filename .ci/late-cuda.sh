#!/usr/bin/env bash
# What cargo calls in rustc's place for `npm run build-cuda`.
#
# candle asks for NVIDIA's libraries to be linked, and a program that is linked with them does not start where they are
# not. Its bindings can open them while the program runs just as well, but features only ever add up, so the other choice
# is made here. The small runtime that the kernels want goes into the program.
rustc=$1
shift
arguments=()
for argument in "$@"; do
  case "$CARGO_PKG_NAME $argument" in
    'cudarc feature="dynamic-linking"') argument='feature="dynamic-loading"' ;;
    'candle-kernels dylib=cudart') argument='static=cudart_static' ;;
  esac
  arguments+=("$argument")
done
if [ "$CARGO_PKG_NAME" = candle-kernels ]; then
  arguments+=(-L "native=$CUDA_HOME/lib64" -L "native=$CUDA_HOME/lib")
fi
exec "$rustc" "${arguments[@]}"
