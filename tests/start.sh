#!/bin/sh
# packaging/start with and without a display, with and without the sample library. Programs of this test stand in for `awb` and
# the window and write down how they were called. Run by ctest in the source folder.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/build/release/app"

cat >"$folder/build/release/app/awb" <<END
#!/bin/sh
echo "\$*" >>"$folder/called"
case "\$1" in
fetch) exit \${FETCH_STATUS:-0} ;;
figure) touch "\$6" && echo "wrote \$6" ;;
esac
END
cat >"$folder/build/release/app/adapter-workbench" <<END
#!/bin/sh
echo window >>"$folder/called"
END
chmod +x "$folder/build/release/app/awb" "$folder/build/release/app/adapter-workbench"
unset DISPLAY WAYLAND_DISPLAY

# start STATUS CALLS VARIABLES...: it ends with that status and has called these programs, in this order.
start() {
    status=$1 calls=$2
    shift 2
    : >"$folder/called"
    ended=0
    env "$@" packaging/start "$folder/build/release" >"$folder/said" 2>&1 || ended=$?
    if [ "$ended" != "$status" ] || [ "$(cat "$folder/called")" != "$calls" ]; then
        echo "With $*: status $ended rather than $status, and called were:"
        cat "$folder/called" "$folder/said"
        exit 1
    fi
}

figures=$folder/build/figures
start 0 "fetch
study quick
figure tradeoff --study quick --out $figures/tradeoff.pdf
figure tradeoff --study quick --out $figures/tradeoff.png" FETCH_STATUS=0
if [ ! -e "$figures/tradeoff.pdf" ] || [ ! -e "$figures/tradeoff.png" ]; then
    echo 'The charts are missing.'
    exit 1
fi
if ! grep -q "$figures/tradeoff.pdf" "$folder/said" || ! grep -q "$figures/tradeoff.png" "$folder/said"; then
    echo 'It is not said where the charts are:'
    cat "$folder/said"
    exit 1
fi
start 1 fetch FETCH_STATUS=1
start 0 "fetch
window" DISPLAY=:0
start 0 "fetch
window" WAYLAND_DISPLAY=wayland-0 FETCH_STATUS=1
echo 'The start ends in a window, or without a display in the charts of the quick study.'
