#pragma once
// Golden files: bytes written by each released version, which every later one reads.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/bytes.hpp"

namespace perigee::model {

/// The bytes of tests/golden/model/`name`. Where the file is missing, `now` is written in its place and the test fails,
/// so that a new version's file is looked at before it is committed.
inline byte_buffer golden(const std::string& name, const byte_buffer& now) {
  const auto path = "tests/golden/model/" + name;
  std::ifstream in(path, std::ios::binary);
  if (in) return byte_buffer(std::istreambuf_iterator<char>(in), {});
  std::ofstream(path, std::ios::binary) << as_text(now);
  ADD_FAILURE() << path << " was missing and has been written: check it and commit it";
  return now;
}

}  // namespace perigee::model
