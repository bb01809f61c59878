#pragma once

/// What the recipe of a run that is to be computed may say, on the command line, in the window and in a study alike.
namespace awb::recipe_limits {

template <typename T>
struct Range {
    T least, most;
    constexpr bool holds(T value) const { return value >= least && value <= most; } // NaN: no
};

inline constexpr Range<int> epochs{1, 10000};
inline constexpr Range<double> learningRate{1e-12, 10};
inline constexpr Range<int> batch{1, 65536};
inline constexpr Range<int> maxLength{3, 65536}; ///< tokens: [CLS], one of the text, [SEP]
inline constexpr Range<int> threads{0, 4096};    ///< 0: all cores
inline constexpr Range<double> warmup{0, 1};     ///< share of all steps
inline constexpr Range<double> initStd{0, 10};
inline constexpr Range<double> weightDecay{0, 1e6};
inline constexpr Range<double> clip{0, 1e9}; ///< 0: off
inline constexpr Range<double> dropout{0, 0.99};

} // namespace awb::recipe_limits
