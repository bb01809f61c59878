#!/bin/sh
# The rules of the house that no compiler holds. Run by ctest in the source folder.
status=0
rule() { # rule SENTENCE LINES: fails when there are lines
    [ -z "$2" ] || { printf '%s\n%s\n' "$1" "$2"; status=1; }
}
rule 'core must not know Qt:' "$(grep -rnE '#include *[<"]Q' core)"
rule 'ui must know neither torch nor SQLite:' "$(grep -rnE '#include *[<"](torch|ATen|c10|sqlite3|SQLiteCpp)' ui)"
rule 'app must not know torch:' "$(grep -rnE '#include *[<"](torch|ATen|c10)' app)"
rule 'methods, data and study must not look upwards:' "$(grep -rnE '#include "core/(model|train|store)/' core/methods core/data core/study)"
rule 'data and methods must know base alone:' "$(grep -rnE '#include "core/(data|study)/' core/methods; grep -rnE '#include "core/(methods|study)/' core/data)"
rule 'study must know methods alone:' "$(grep -rnE '#include "core/data/' core/study)"
rule 'model must not know training, studies or the store:' "$(grep -rnE '#include "core/(train|study|store)/' core/model)"
rule 'train must not know the store:' "$(grep -rnE '#include "core/store/' core/train)"
rule 'Headers that cross rooms are std-only (torch stays in encoder.h, dropout.h, fast_*.h, adam.h, computation.h, evaluate.h, snapshot.h):' \
    "$(grep -rlE '#include *<(torch|ATen|c10)' core --include='*.h' | grep -vE '(encoder|dropout|fast_[a-z]*|adam|computation|evaluate|snapshot)\.h$')"
rule 'Python and the network are for the sample library alone:' \
    "$(grep -rnE '#include *[<"](QNetwork|QTcp|curl|sys/socket|netinet)|python|pip download' core ui app --include='*.h' --include='*.cpp' | grep -vE '^core/store/(pip_download|sample_library)')"
rule 'Files over 400 lines (is there a second room in there?):' \
    "$(find core ui app -name '*.h' -o -name '*.cpp' | xargs wc -l | awk '$1 > 400 && $2 != "total"')"
[ $status -eq 0 ] && echo "The rules of the house hold."
exit $status
