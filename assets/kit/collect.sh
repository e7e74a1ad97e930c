#!/bin/sh
# Writes an inventory of this machine onto the stick. It changes nothing on the machine and sends nothing.
set -u
TAG={tag}
case "${LC_ALL:-${LANG:-}}" in fr*) french=1 ;; *) french= ;; esac
say() { if [ -n "$french" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
out=$here/inventories
mkdir -p "$out" 2>/dev/null
if [ ! -w "$out" ]; then
  say "This stick cannot be written. Nothing was done." "Cette clé ne peut pas être écrite. Rien n'a été fait."
  exit 2
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/collect.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The agent that was put onto the stick, else the one of the machine.
find_agent() {
  for one in "$here"/agent/ocsinventory-agent "$here"/agent/glpi-agent "$here"/agent/fusioninventory-agent; do
    if [ -x "$one" ]; then
      kind=${one##*/}
      agent=$one
      return 0
    fi
  done
  for one in ocsinventory-agent glpi-agent fusioninventory-agent; do
    for place in /usr/bin /usr/local/bin /opt/glpi-agent/bin /Applications/GLPI-Agent/bin; do
      if [ -x "$place/$one" ]; then
        kind=$one
        agent=$place/$one
        return 0
      fi
    done
  done
  return 1
}
if ! find_agent; then
  say "There is no OCS, GLPI or FusionInventory agent on this machine. Put one into the folder \"agent\" of the stick." \
    "Il n'y a pas d'agent OCS, GLPI ou FusionInventory sur cette machine. Placez-en un dans le dossier « agent » de la clé."
  exit 3
fi
[ "$(id -u)" = 0 ] || say "Without administrator rights some details will be missing." \
  "Sans droits d'administrateur, certains détails manqueront."
say "This takes a minute. Please leave the stick where it is." "Cela prend une minute. Laissez la clé en place."
case $kind in
  ocsinventory-agent) set -- --local="$work" --force ;;
  *) set -- --local="$work" --force --tasks=inventory --no-httpd ;;
esac
[ -z "$TAG" ] || set -- "$@" --tag="$TAG"
"$agent" "$@" >"$work/log" 2>&1 </dev/null

found=
for one in "$work"/*.ocs "$work"/*.xml "$work"/*.json; do
  if [ -s "$one" ]; then found=$one; break; fi
done
if [ -z "$found" ]; then
  say "The agent wrote no inventory. What it said:" "L'agent n'a écrit aucun inventaire. Ce qu'il a dit :"
  tail -n 20 "$work/log"
  exit 4
fi

machine=$(uname -n | tr -cd 'A-Za-z0-9._-' | cut -c1-60)
name=${machine:-machine}-$(date +%Y-%m-%d-%H-%M-%S)
number=1
target=$out/$name.${found##*.}
# Nothing that is there is replaced: with "C" the shell makes new files only.
until (set -C; : >"$target") 2>/dev/null; do
  number=$((number + 1))
  if [ $number -gt 99 ]; then
    say "The stick cannot be written. Nothing was kept." "La clé ne peut pas être écrite. Rien n'a été conservé."
    exit 2
  fi
  target=$out/$name-$number.${found##*.}
done
if ! cat "$found" >"$target" || ! cmp -s "$found" "$target"; then
  rm -f "$target"
  say "The stick is full or was pulled. Nothing was kept." "La clé est pleine ou a été retirée. Rien n'a été conservé."
  exit 2
fi
sync
say "Done. The inventory of this machine is on the stick: inventories/${target##*/}" \
  "Terminé. L'inventaire de cette machine est sur la clé : inventories/${target##*/}"
say "You can unplug the stick now." "Vous pouvez retirer la clé maintenant."
