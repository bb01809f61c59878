#pragma once

#include "core/data/word_piece.h"
#include "core/model/checkpoint.h"

namespace awb {

/// The tokenizer of a checkpoint. Throws Error as WordPiece::load(), and where it knows more pieces than the model has rows
/// for.
WordPiece tokenizerOf(const Checkpoint &checkpoint);

/// What a run records of its checkpoint: Checkpoint::sha256(), and " read-as:HASH" of what else decides its numbers, the
/// model's shape and activation from config.json and the tokenizer. Throws Error as tokenizerOf().
std::string checkpointSha256(const Checkpoint &checkpoint);

} // namespace awb
