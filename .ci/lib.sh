# How .ci/run runs its steps. A step is a function `step_NAME` of commands, each run as `run COMMAND...`; the first one
# that fails ends it. Needs bash 4.3 or newer.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK=$(mktemp -d) # logs, packages and consumers: nothing of it belongs to the tree
STEP_LIMIT=900    # seconds; a step that takes longer hangs
LOG_TAIL=60       # lines shown of a step that failed

declare -A selected=() result=() seconds=() pid=() started=()
order=()
passed=0
failed=0
exec 4<> <(:)

# --- In a step -------------------------------------------------------------------------------------------------------

# Says something on the console (descriptor 3) and in the step's log.
say() {
  local text=${*//"$WORK"/\$WORK}
  printf '%-11s %s\n' "$STEP" "$text" >&3
  printf '%s\n' "$text"
}

# Runs a command, after saying it.
run() {
  say "\$ $*"
  "$@"
}

# The step has failed, for this reason.
fail() {
  say "$@"
  return 1
}

# The version of a package in the lock file.
locked() {
  node -p "require('$ROOT/package-lock.json').packages['node_modules/$1'].version"
}

# Runs a command that must not change the tree: no tracked file, and no new one. In a fresh clone that is
# `git diff --exit-code`; in a developer's tree, what was changed before is left out.
unchanged_by() {
  tree_state >"$WORK/$STEP.before"
  "$@"
  tree_state >"$WORK/$STEP.after"
  diff "$WORK/$STEP.before" "$WORK/$STEP.after" || fail "The tree is not what these commands make of it (see above): run them and commit the result."
}

tree_state() {
  git diff HEAD
  git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum
}

# --- Around the steps ------------------------------------------------------------------------------------------------

# Runs the given steps at the same time and waits for them; those that were not asked for are left out.
stage() {
  local name need STEP
  for name; do
    [[ -n ${selected[$name]-} ]] || continue
    order+=("$name")
    need=$(needs "$name")
    if [[ -n $need && ${result[$need]-} != ok* ]]; then
      result[$name]="skipped, because $need did not succeed" seconds[$name]=0
      printf '%-11s %s\n' "$name" "${result[$name]}"
      continue
    fi
    printf '\n=== %s: %s\n' "$name" "$(title "$name")"
    started[$name]=$SECONDS
    STEP=$name
    (
      set -e -o pipefail
      cd "$ROOT"
      "step_${name//-/_}"
    ) 3>&1 >"$WORK/$name.log" 2>&1 </dev/null &
    pid[$name]=$!
  done
  while ((${#pid[@]} > 0)); do
    pause
    for name in "${!pid[@]}"; do
      if ! kill -0 "${pid[$name]}" 2>/dev/null; then
        end_of "$name"
      elif ((SECONDS - started[$name] > STEP_LIMIT)) && [[ -z ${result[$name]-} ]]; then
        result[$name]=stopped
        echo "It took more than $STEP_LIMIT seconds and was stopped." >>"$WORK/$name.log"
        kill -- "-${pid[$name]}"
      elif ((SECONDS - started[$name] > STEP_LIMIT + 30)); then
        kill -KILL -- "-${pid[$name]}"
      fi
    done
  done
}

# A moment. Not `sleep`, which would take Ctrl-C for itself: nothing ever comes out of descriptor 4.
pause() {
  read -r -t 0.2 -u 4 _ || true
}

end_of() {
  local name=$1 code=0
  wait "${pid[$name]}" || code=$?
  unset "pid[$name]"
  seconds[$name]=$((SECONDS - started[$name]))
  if ((code == 0)); then result[$name]=ok; else result[$name]="FAILED (exit code $code)"; fi
  count "$name" "$code"
  printf '=== %s: %s after %s s\n' "$name" "${result[$name]}" "${seconds[$name]}"
  if ((code != 0)); then
    printf -- '--- the last lines of %s\n' "$WORK/$name.log"
    tail -n "$LOG_TAIL" "$WORK/$name.log"
    printf -- '---\n'
  fi
}

# Tests are counted by jest itself; a step without jest is one check.
count() {
  local name=$1 code=$2 good=0 bad=0 report=$WORK/$1.jest.json
  if [[ -s $report ]]; then
    read -r good bad < <(node -p "const { numPassedTests, numFailedTests } = require('$report'); numPassedTests + ' ' + numFailedTests") || good=0 bad=1
    result[$name]+=", $good tests passed, $bad failed"
  elif ((code == 0)); then
    good=1
  fi
  if ((code != 0 && bad == 0)); then bad=1; fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

select_step() {
  local need
  [[ -z ${selected[$1]-} ]] || return 0
  need=$(needs "$1")
  if [[ -n $need ]]; then select_step "$need"; fi
  selected[$1]=yes
}

# Stops what still runs. Each step is a process group of its own (set -m).
stop() {
  local name
  trap - INT TERM HUP
  for name in "${!pid[@]}"; do kill -- "-${pid[$name]}" 2>/dev/null; done
  wait
  printf '\nStopped. The logs are in %s\n%s passed, %s failed\n' "$WORK" "$passed" "$((failed + 1))"
  exit 130
}

# The table, the last line, and the exit code of it all.
summary() {
  local name
  printf '\n%-11s %7s  %s\n' step seconds result
  for name in "${order[@]}"; do printf '%-11s %7s  %s\n' "$name" "${seconds[$name]}" "${result[$name]}"; done
  printf '%-11s %7s\n' total "$SECONDS"
  if ((failed == 0)); then rm -rf "$WORK"; else rm -rf "$WORK"/*/node_modules && printf 'logs: %s\n' "$WORK"; fi
  printf '\n%s passed, %s failed\n' "$passed" "$failed"
  ((passed > 0 && failed == 0))
}
