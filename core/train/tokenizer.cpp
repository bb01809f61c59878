#include "core/train/tokenizer.h"

#include <sstream>

#include "core/content_hash.h"
#include "core/error.h"

namespace awb {

WordPiece tokenizerOf(const Checkpoint &checkpoint)
{
    WordPiece tokenizer = WordPiece::load(checkpoint.folder());
    const int rows = checkpoint.shape().vocabulary;
    if (tokenizer.size() > std::size_t(rows))
        throw Error("The vocabulary of " + checkpoint.folder().string() + " has " + std::to_string(tokenizer.size()) +
                    " pieces, but the model's table of word embeddings has " + std::to_string(rows) +
                    " rows; use the vocab.txt that belongs to these weights.");
    return tokenizer;
}

std::string checkpointSha256(const Checkpoint &checkpoint)
{
    const ModelShape &shape = checkpoint.shape();
    std::ostringstream all;
    all.precision(17);
    for (const int size :
         {shape.layers, shape.hidden, shape.heads, shape.feedForward, shape.vocabulary, shape.positions, shape.segments})
        all << size << ' ';
    all << shape.activation << ' ' << shape.layerNormEps << ' ' << shape.hiddenDropout << ' ' << shape.attentionDropout
        << '\n'
        << tokenizerOf(checkpoint).description();
    return checkpoint.sha256() + readAs(all.str());
}

} // namespace awb
