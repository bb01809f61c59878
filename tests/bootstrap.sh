#!/bin/sh
# packaging/bootstrap on a machine that has nothing: programs of this test stand in for the package manager, so nothing is
# installed. Run by ctest in the source folder.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A query that knows one package, has never heard of the others, and fails for it as the real one does.
cat >"$folder/dpkg-query" <<'END'
#!/bin/sh
echo 'build-essential installed'
exit 1
END
cat >"$folder/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$folder/asked"
END
cat >"$folder/sudo" <<'END'
#!/bin/sh
exec "$@"
END
chmod +x "$folder/dpkg-query" "$folder/apt-get" "$folder/sudo"

# The environment and LibTorch are there: only the packages are looked at.
mkdir -p "$folder/project/packaging" "$folder/project/.venv/bin" "$folder/libtorch/lib"
touch "$folder/libtorch/lib/libtorch_cpu.so"
ln -s "$(command -v true)" "$folder/project/.venv/bin/python"
cp packaging/bootstrap "$folder/project/packaging/"
PATH="$folder:$PATH" LIBTORCH="$folder/libtorch" "$folder/project/packaging/bootstrap" >/dev/null

grep -q '^install .* qt6-base-dev .* nlohmann-json3-dev' "$folder/asked" ||
    { echo 'The missing packages were not asked for:'; cat "$folder/asked" 2>/dev/null; exit 1; }
if grep -q build-essential "$folder/asked"; then
    echo 'A package that is there was asked for:'
    cat "$folder/asked"
    exit 1
fi
echo 'Missing packages, and only those, are asked for.'
