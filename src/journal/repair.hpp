#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "io/file.hpp"

namespace perigee::journal {

struct repair_options {
  bool write = false;  // false: only says what it would do
  std::string node;    // for a journal.id that is made again; empty: not known, and then it is not
};

struct repair_step {
  std::string file;   // below the journal's folder
  std::string what;   // "is written anew without 57 damaged bytes, which go to ..."
  bool done = false;  // false in a dry run too
  bool left = false;  // nothing can be done here: what a person may do
};

struct repair_summary {
  std::uint64_t steps = 0;  // done, or to be done
  std::uint64_t left = 0;
};

/// Makes a journal consistent that journal::verify finds damaged, and loses no record that can be read: makes
/// journal.id again, moves misplaced segments back, writes damaged segments anew from the frames that verify and puts
/// what does not beside them in `damaged-*.bin`. No record gets another offset: what is gone stays a gap, and counts as
/// known from then on. A torn tail, unfinished segments and damaged cursors are left to the next start, which mends
/// them. errc::exists while a node has the journal open.
[[nodiscard]] result<repair_summary> repair(io::disk& disk, const std::string& folder, const repair_options& chosen,
                                            const std::function<void(const repair_step&)>& told);

}  // namespace perigee::journal
