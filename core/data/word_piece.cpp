#include "core/data/word_piece.h"
