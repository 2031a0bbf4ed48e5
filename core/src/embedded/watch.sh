# Runs a server and ends it when standard input ends, which it does when the
# program that holds the other end does, by whatever death.
#
# $1  the folder of the server, removed at the end; then the server's command line
folder=$1
shift
"$@" > "$folder/log" 2>&1 < /dev/null &
server=$!
echo "$server" > "$folder/pid.new" && mv "$folder/pid.new" "$folder/pid"
read -r _
kill -CONT "$server" 2> /dev/null
kill -KILL "$server" 2> /dev/null
wait "$server" 2> /dev/null
rm -rf "$folder"
