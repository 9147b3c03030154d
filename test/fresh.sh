#!/usr/bin/env bash
# Proves the two commands in fresh clones: as an ordinary user, as root in a private home, in a path with spaces, two clones at once,
# and that the same DATA_DIR twice is refused. Takes some minutes. Root can prove all of it; others skip what needs root.
set -euo pipefail

SOURCE="$(cd "$(dirname "$0")/.." && pwd)"
WORK="$(mktemp -d /var/tmp/countersign-fresh-XXXXXX)"
FRESH_USER=countersign-fresh
STARTED=()
PASSED=0
FAILED=0

chmod 0755 "$WORK"
# The user of the first proof has no npm configuration of its own.
npm_config_registry="$(cd / && npm config get registry 2>/dev/null)"
export npm_config_registry npm_config_fund=false npm_config_audit=false
# The clones must find the node that their own npm install brings.
PATH="$(printf %s "$PATH" | tr : '\n' | grep -v node_modules/.bin | paste -sd :)"
export PATH

cleanup() {
  for pid in "${STARTED[@]+"${STARTED[@]}"}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${STARTED[@]+"${STARTED[@]}"}"; do while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; done
  # Databases that root could not keep in a private home.
  find "$WORK" -name postgres.json -exec sed -n 's/.*"root": "\(.*\)".*/\1/p' {} + 2>/dev/null | while read -r root; do
    case "$root" in /var/lib/countersign/?*) rm -rf "$root" ;; esac
  done
  rm -rf "$WORK"
  if [ "$(id -u)" = 0 ] && id "$FRESH_USER" >/dev/null 2>&1; then userdel "$FRESH_USER" 2>/dev/null || true; fi
}
trap cleanup EXIT

tell() { if [ "$1" = ok ]; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi; echo "$1 - $2"; }

free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

# as USER COMMAND…: runs it as that user, or as ourselves for "-"
as() {
  local user="$1"; shift
  if [ "$user" = - ]; then "$@"; else setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"; fi
}

install_clone() { # USER FOLDER
  local source="$SOURCE"
  if [ "$1" != - ]; then source="$USER_SOURCE"; fi
  as "$1" git clone -q "$source" "$2"
  (cd "$2" && as "$1" npm install --loglevel=error >"$2.install.log" 2>&1) || { cat "$2.install.log"; return 1; }
}

# start_clone USER FOLDER PORT: npm start in the background, its process id in PID, its output in FOLDER.log
start_clone() {
  : >"$2.log"
  if [ "$1" != - ]; then chown "$1" "$2.log"; fi
  (cd "$2" && as "$1" env PORT="$3" WORKERS=1 node_modules/.bin/node bin/start.ts >"$2.log" 2>&1) &
  local shell=$!
  for _ in $(seq 2400); do
    if grep -q '^ready ' "$2.log"; then break; fi
    kill -0 "$shell" 2>/dev/null || break
    sleep 0.1
  done
  # The lock names the process itself, not the shells around it.
  PID="$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$2/.data/lock" 2>/dev/null || true)"
  if ! grep -q "^ready http://127.0.0.1:$3$" "$2.log"; then cat "$2.log"; return 1; fi
  STARTED+=("$PID")
}

# Everything that the clone started ends with it.
stop_clone() { # FOLDER
  kill -INT "$PID"
  for _ in $(seq 300); do kill -0 "$PID" 2>/dev/null || break; sleep 0.1; done
  if kill -0 "$PID" 2>/dev/null; then return 1; fi
  # Its id may soon be somebody else's.
  local others=()
  for pid in "${STARTED[@]}"; do if [ "$pid" != "$PID" ]; then others+=("$pid"); fi; done
  STARTED=("${others[@]+"${others[@]}"}")
  local left
  left="$(for link in /proc/[0-9]*/cwd; do
    where="$(readlink "$link" 2>/dev/null || true)"
    case "$where" in "$1"|"$1"/*) echo "$link $where" ;; esac
  done)"
  if [ -n "$left" ]; then echo "left behind: $left"; return 1; fi
}

answers() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/")" != 000 ]; }

prove() { # NAME USER FOLDER
  local port
  port="$(free_port)"
  if install_clone "$2" "$3" && start_clone "$2" "$3" "$port" && answers "$port"; then tell ok "$1: installed, built, ready"; else tell FAILED "$1"; return; fi
  local said
  if said="$(cd "$3" && as "$2" env PORT="$(free_port)" WORKERS=0 node_modules/.bin/node bin/start.ts 2>&1)"; then
    tell FAILED "$1: the same DATA_DIR twice was not refused"
  elif printf %s "$said" | grep -q "in use by another Countersign (process $PID)"; then
    tell ok "$1: the same DATA_DIR twice is refused, and names process $PID"
  else
    tell FAILED "$1: $said"
  fi
  if stop_clone "$3"; then tell ok "$1: Ctrl-C leaves no process"; else tell FAILED "$1: Ctrl-C"; fi
}

if [ "$(id -u)" = 0 ]; then
  id "$FRESH_USER" >/dev/null 2>&1 || useradd --no-create-home --home-dir "$WORK/home" "$FRESH_USER"
  mkdir "$WORK/home" && chown "$FRESH_USER" "$WORK/home" && chmod 0700 "$WORK/home"
  # The source may be somewhere that the user can't enter, and git clones from no repository of somebody else's: not even root from the user's.
  USER_SOURCE="$WORK/source.git"
  git clone -q --bare "$SOURCE" "$USER_SOURCE"
  chown -R "$FRESH_USER" "$USER_SOURCE"
  prove 'an ordinary user' "$FRESH_USER" "$WORK/home/countersign"
  mkdir -m 0700 "$WORK/private"
  prove 'root in a private home' - "$WORK/private/countersign"
  if grep -q "its files are in /var/lib/countersign/" "$WORK/private/countersign.log"; then tell ok 'the log says where the files went'; else tell FAILED 'the log does not say where the files went'; fi
else
  prove 'an ordinary user' - "$WORK/countersign"
  echo 'skipped - root in a private home: run this as root'
fi
prove 'a path with spaces' - "$WORK/a path with spaces/and more/countersign"

ONE="$WORK/one/countersign" TWO="$WORK/two/countersign"
install_clone - "$ONE" && install_clone - "$TWO"
PORT_ONE="$(free_port)" PORT_TWO="$(free_port)"
if start_clone - "$ONE" "$PORT_ONE"; then
  PID_ONE=$PID
  if start_clone - "$TWO" "$PORT_TWO" && answers "$PORT_ONE" && answers "$PORT_TWO"; then tell ok 'two clones at once'; else tell FAILED 'two clones at once'; fi
  if stop_clone "$TWO" && answers "$PORT_ONE"; then tell ok 'ending one leaves the other alone'; else tell FAILED 'ending one leaves the other alone'; fi
  PID=$PID_ONE
  # kill -9 of the parent: what it started ends by itself, and the next start goes on with the database.
  kill -9 "$PID"
  STARTED=()
  sleep 1
  if start_clone - "$ONE" "$PORT_ONE" && grep -q 'goes on with it' "$ONE.log"; then tell ok 'a start after kill -9 goes on with the database'; else tell FAILED 'a start after kill -9'; fi
  if stop_clone "$ONE"; then tell ok 'and ends without a trace'; else tell FAILED 'it left something behind'; fi
else
  tell FAILED 'two clones at once'
fi

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" = 0 ]
