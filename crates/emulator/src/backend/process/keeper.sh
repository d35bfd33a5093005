# Ends all game servers when the emulator is gone, however it went.
#
# Reads lines from stdin, each a sign and the id of a process group: `+123` when a game server begins, `-123` when it
# has ended. The end of stdin is the end of the emulator. $1 is the mark that the emulator puts into the environment of
# its game servers.
trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU

groups=' '
while read -r line; do
    group=${line#?}
    case $line in
    +*) groups="$groups$group " ;;
    -*)
        case $groups in
        *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
        esac
        ;;
    esac
done

for group in $groups; do
    kill -s KILL -- "-$group" 2>/dev/null
done

# A game server that had begun and was not told of yet, and what left its group: found by the mark. Several passes,
# since a process can fork between being found and being killed.
[ -d /proc/self ] || exit 0
for pass in 1 2 3 4 5 6 7 8 9 10; do
    found=$(grep -F -l -s "MATCHPORT_EMULATOR=$1." /proc/[0-9]*/environ)
    [ -n "$found" ] || exit 0
    for file in $found; do
        process=${file#/proc/}
        kill -s KILL "${process%/environ}" 2>/dev/null
    done
done
