"""Scripts of file access: what runs in a container, by exec, with paths as arguments and never as text of a script.

They need `sh` and `ls` to list, `cat` to read and to write, `tar` for a folder. Each ends with an exit code of ours
where it refuses something.
"""

from __future__ import annotations

MAX_ENTRIES = 1_000
NOT_A_FOLDER = 90
TOO_MANY = 91
NOT_A_FILE = 92
INCOMPLETE = 93
EXISTS = 94
IS_A_FOLDER = 95

# For each entry: its name, its line of `ls -ldn`, and `d` where it is a folder or leads to one; each ends with NUL.
LIST = f"""cd -- "$1" || exit {NOT_A_FOLDER}
n=0
for f in .[!.]* ..?* *; do
  [ -e "./$f" ] || [ -L "./$f" ] || continue
  n=$((n+1))
  [ "$n" -le {MAX_ENTRIES} ] || exit {TOO_MANY}
  kind=f
  [ -d "./$f" ] && kind=d
  printf '%s\\0%s\\0%s\\0' "$f" "$(LC_ALL=C ls -ldn -- "./$f" 2>/dev/null)" "$kind"
done
exit 0"""
READ = f'[ -f "$1" ] || exit {NOT_A_FILE}; exec cat < "$1"'
# $1 folder, $2 what is in it, as tar reads it
ARCHIVE = f'cd -- "$1" || exit {NOT_A_FOLDER}; exec tar -cf - -- "./$2"'
# $1 path, $2 bytes, $3 the file that becomes it when it is whole, $4 whether what is there is replaced
WRITE = f"""[ -d "$1" ] && exit {IS_A_FOLDER}
if [ "$4" != replace ]; then if [ -e "$1" ] || [ -L "$1" ]; then exit {EXISTS}; fi; fi
cat > "$3" || exit {NOT_A_FOLDER}
[ "$(wc -c < "$3")" -eq "$2" ] || {{ rm -f -- "$3"; exit {INCOMPLETE}; }}
mv -f -- "$3" "$1" """
