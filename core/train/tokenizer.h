#pragma once

#include "core/data/word_piece.h"
#include "core/model/checkpoint.h"

namespace awb {

/// The tokenizer of a checkpoint. Throws Error as WordPiece::load(), and where it knows more pieces than the model has rows
/// for.
WordPiece tokenizerOf(const Checkpoint &checkpoint);

} // namespace awb
