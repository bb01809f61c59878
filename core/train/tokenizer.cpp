#include "core/train/tokenizer.h"

#include "core/error.h"

namespace awb {

WordPiece tokenizerOf(const Checkpoint &checkpoint)
{
    WordPiece tokenizer = WordPiece::load(checkpoint.folder());
    const int rows = checkpoint.shape().vocabulary;
    if (tokenizer.size() > std::size_t(rows))
        throw Error((checkpoint.folder() / "vocab.txt").string() + " has " + std::to_string(tokenizer.size()) +
                    " pieces, but the model's table of word embeddings has " + std::to_string(rows) +
                    " rows; use the vocab.txt that belongs to these weights.");
    return tokenizer;
}

} // namespace awb
