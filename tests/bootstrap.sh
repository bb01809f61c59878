#!/bin/sh
# packaging/bootstrap on a machine that has nothing, and on one that has everything: programs of this test stand in for the
# package manager and for Python, so nothing is installed. Then packaging/build, once and again. Run by ctest in the source
# folder.
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

# All packages are there. LibTorch is not: the wheel is asked for, once.
cat >"$folder/dpkg-query" <<'END'
#!/bin/sh
shift 2
for package; do echo "$package installed"; done
END
rm "$folder/project/.venv/bin/python"
cat >"$folder/project/.venv/bin/python" <<END
#!/bin/sh
echo "python \$*" >>"$folder/asked"
END
chmod +x "$folder/project/.venv/bin/python"
: >"$folder/asked"
unset LIBTORCH
PATH="$folder:$PATH" "$folder/project/packaging/bootstrap" --tests >/dev/null
if [ "$(wc -l <"$folder/asked")" -ne 1 ] || ! grep -q '^python -m pip install .* torch==' "$folder/asked"; then
    echo 'Asked for, where only LibTorch is missing:'
    cat "$folder/asked"
    exit 1
fi
version=$(sed -n 's/.* torch==//p' "$folder/asked")
mkdir -p "$folder/project/.venv/lib/python3.11/site-packages/torch-$version+cpu.dist-info"
touch "$folder/project/.venv/lib/python3.11/site-packages/torch-$version+cpu.dist-info/RECORD"
: >"$folder/asked"
said=$(PATH="$folder:$PATH" "$folder/project/packaging/bootstrap" --tests)
if [ -s "$folder/asked" ] || [ -n "$said" ]; then
    echo "Where nothing is missing, this was asked for: $(cat "$folder/asked") $said"
    exit 1
fi
echo 'Where nothing is missing, nothing is asked for.'

# A project of one file, which writes down when it is configured and when it is built.
cp packaging/build "$folder/project/packaging/"
cat >"$folder/project/CMakePresets.json" <<'END'
{"version": 3, "configurePresets": [{"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/build/dev"}],
 "buildPresets": [{"name": "dev", "configurePreset": "dev"}]}
END
cat >"$folder/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(one NONE)
set(LIBTORCH "" CACHE PATH "")
file(APPEND "$folder/done" "configured\\n")
set(source "\${CMAKE_SOURCE_DIR}/source")
add_custom_command(OUTPUT made DEPENDS "\${source}" COMMAND sh -c "echo built >>$folder/done && touch made" VERBATIM)
add_custom_target(all_of_it ALL DEPENDS made)
END
touch "$folder/project/source"
build() { # build WHAT_IS_DONE SENTENCE
    : >"$folder/done"
    "$folder/project/packaging/build" dev >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
    if [ "$(tr '\n' ' ' <"$folder/done")" != "$1" ]; then
        echo "$2 $(cat "$folder/done")"
        cat "$folder/said"
        exit 1
    fi
}
build 'configured built ' 'The first build does:'
build '' 'The second build, of the same files, does:'
export LIBTORCH="$folder/libtorch"
build 'configured ' 'Naming another LibTorch does:'
unset LIBTORCH
build 'configured ' 'Naming none again does:'
build '' 'The last build does:'
touch -d '1 minute' "$folder/project/source"
build 'built ' 'A changed file does:'
echo 'What is built is not built again.'
