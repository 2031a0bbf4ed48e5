# Runs a server and ends it when standard input ends, which it does when the
# program that holds the other end does, by whatever death. Prints the server's
# process id.
#
# $1  the folder of the server, removed at the end; then the server's command line
folder=$1
shift
"$@" > "$folder/log" 2>&1 < /dev/null &
server=$!
# The program may be dead already: the failed `echo` must not end this shell,
# because it still has to end the server.
trap '' PIPE
echo "$server"
read -r _
kill -CONT "$server" 2> /dev/null
kill -KILL "$server" 2> /dev/null
wait "$server" 2> /dev/null
rm -rf "$folder"
