# How .ci/run runs its steps. A step is a function `step_NAME` of commands, each run as `run COMMAND...`. The first command that fails ends it.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK=$(mktemp -d)  # logs, packages and consumers: nothing of it belongs to the tree
COMMAND_LIMIT=900  # seconds
LOG_TAIL=60        # lines shown of a step that failed

declare -A selected=() result=() seconds=()
order=()
passed=0
failed=0
skipped=0

# --- In a step -------------------------------------------------------------------------------------------------------

# Prints a text on the console (descriptor 3) and in the step's log.
say() {
  local text=${*//"$WORK"/\$WORK}
  printf '%-11s %s\n' "$STEP" "$text" >&3
  printf '%s\n' "$text"
}

# Prints a command and runs it. Functions have no time limit. In the foreground, so that the trap of .ci/run reaches the command.
run() {
  say "\$ $*"
  if [[ $(type -t "$1") == function ]]; then "$@"; else timeout --foreground "$COMMAND_LIMIT" "$@"; fi
}

fail() {
  say "$@"
  return 1
}

# Ends a step that cannot be done here. It counts neither as passed nor as failed.
skip() {
  say "$@"
  printf '%s' "$*" >"$WORK/$STEP.skipped"
  exit 0
}

# Fails if the step has left files in its temporary directory, except the caches of tools, and what the Java runtime of jsii leaves.
left_nothing() {
  local left
  left=$(cd "$TMPDIR" && find . -mindepth 1 -maxdepth 1 | grep -vE '^\./(tsx-|node-compile-cache|v8-compile-cache|hsperfdata_|jsii-)' || true)
  [[ -z $left ]] || fail "Left in the temporary directory ($(wc -l <<<"$left")): $(head -n 5 <<<"$left" | tr '\n' ' ')"
}

# The version of a package in the lock file.
locked() {
  node -p "require('$ROOT/package-lock.json').packages['node_modules/$1'].version"
}

# Runs a command that must not change the tree: no tracked file, and no new one.
unchanged_by() {
  tree_state >"$WORK/$STEP.before"
  "$@"
  tree_state >"$WORK/$STEP.after"
  diff "$WORK/$STEP.before" "$WORK/$STEP.after" || fail "These commands change the tree (see above): run them and commit the result."
}

tree_state() {
  git diff HEAD
  git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum
}

# --- Around the steps ------------------------------------------------------------------------------------------------

# Runs the given steps at the same time, as far as they are selected.
stage() {
  local name need STEP
  local -A pid=() started=()
  for name; do
    [[ -n ${selected[$name]-} ]] || continue
    order+=("$name")
    need=$(needs "$name")
    if [[ -n $need && ${result[$need]-} != ok* ]]; then
      result[$name]="skipped, because $need did not succeed" seconds[$name]=0
      continue
    fi
    printf '\n=== %s: %s\n' "$name" "$(title "$name")"
    started[$name]=$SECONDS
    STEP=$name
    (
      trap 'echo "$SECONDS" >"$WORK/$STEP.end"' EXIT
      export TMPDIR=$WORK/$STEP.tmp MAVEN_OPTS=-Djava.io.tmpdir=$WORK/$STEP.tmp # Java does not read TMPDIR
      mkdir "$TMPDIR"
      set -e -o pipefail
      cd "$ROOT"
      "step_${name//-/_}"
      left_nothing
    ) 3>&1 >"$WORK/$name.log" 2>&1 </dev/null &
    pid[$name]=$!
  done
  for name in "${!pid[@]}"; do
    local code=0
    wait "${pid[$name]}" || code=$?
    seconds[$name]=$(($(<"$WORK/$name.end") - started[$name]))
    report "$name" "$code"
  done
}

# Counts the tests of a step (jest counts its own; any other step is one check) and shows the end of its log if it failed.
report() {
  local name=$1 code=$2 good=0 bad=0 jest=$WORK/$1.jest.json
  if ((code == 0)); then result[$name]=ok; else result[$name]="FAILED (exit code $code)"; fi
  if [[ -s $jest ]]; then
    read -r good bad < <(node -p "const { numPassedTests, numFailedTests } = require('$jest'); numPassedTests + ' ' + numFailedTests") || good=0 bad=1
    result[$name]+=", $good tests passed, $bad failed"
  elif [[ -s $WORK/$name.skipped ]]; then
    result[$name]=$(<"$WORK/$name.skipped")
    skipped=$((skipped + 1))
  elif ((code == 0)); then
    good=1
  fi
  if ((code != 0 && bad == 0)); then bad=1; fi
  passed=$((passed + good))
  failed=$((failed + bad))
  printf '=== %s: %s after %s s\n' "$name" "${result[$name]}" "${seconds[$name]}"
  if ((code != 0)); then printf -- '--- the last lines of %s\n%s\n---\n' "$WORK/$name.log" "$(tail -n "$LOG_TAIL" "$WORK/$name.log")"; fi
}

select_step() {
  local need
  [[ -z ${selected[$1]-} ]] || return 0
  need=$(needs "$1")
  if [[ -n $need ]]; then select_step "$need"; fi
  selected[$1]=yes
}

# The table, the last line, and the exit code.
summary() {
  local name
  printf '\n%-11s %7s  %s\n' step seconds result
  for name in "${order[@]}"; do printf '%-11s %7s  %s\n' "$name" "${seconds[$name]}" "${result[$name]}"; done
  printf '%-11s %7s\n' total "$SECONDS"
  if ((failed == 0)); then rm -rf "$WORK"; else rm -rf "$WORK"/*/node_modules && printf 'logs: %s\n' "$WORK"; fi
  printf '\n%s passed, %s failed' "$passed" "$failed"
  if ((skipped > 0)); then printf ', %s skipped' "$skipped"; fi
  printf '\n'
  ((passed > 0 && failed == 0))
}
