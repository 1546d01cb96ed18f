#include "doors/replay/codes.hpp"

#include <array>

namespace perigee::doors::replay {
namespace {

constexpr std::array<code_text, 12> table{{
    {"P0301", "a quote never closes", "A cell that begins with \" ends with \"; a quote within it is doubled."},
    {"P0302", "text behind a quote", "Behind the closing \" of a cell comes the separator or the end of the line."},
    {"P0303", "a row of another width",
     "Every row has as many columns as the first. A cell with the separator in it "
     "stands in \"quotes\"."},
    {"P0304", "over a bound", "docs/limits.md lists the bounds of a CSV: bytes of a row, columns."},
    {"P0305", "no such column", "time_column and [[replay.column]] name columns of the file's first row."},
    {"P0306", "no column of times",
     "Name the column with time_column and, where its format is not ISO 8601 or a count "
     "since 1970, describe it with time_format: \"%d.%m.%Y %H:%M:%S\"."},
    {"P0307", "no column of numbers", "Name the columns to replay with [[replay.column]]."},
    {"P0308", "not a time", "The cell does not read in the format of the file's times, or lies outside 1900 to 2100."},
    {"P0309", "not a number", "A value is a number with a decimal point, or says nothing: empty, NaN, null, NA, -."},
    {"P0310", "not a time format",
     "iso8601, unix, unix_s, unix_ms, unix_us, unix_ns, or a pattern of %Y %y %m %d %H %M "
     "%S %f %b %z %%."},
    {"P0311", "no rows", "The file is empty, or holds a header alone."},
    {"P0312", "not readable", "The file could not be read to its end."},
}};

}  // namespace

std::span<const code_text> code_texts() { return table; }

}  // namespace perigee::doors::replay
