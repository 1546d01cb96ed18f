#pragma once
// Golden files: bytes written by each released version, which every later one reads.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace perigee::model {

/// The bytes of tests/golden/model/`name`. Where the file is missing, `now` is written in its place and the test fails,
/// so that a new version's file is looked at before it is committed.
inline byte_buffer golden(const std::string& name, const byte_buffer& now) {
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  const auto path = "tests/golden/model/" + name;
  std::array<std::uint8_t, 4096> bytes;
  if (const std::unique_ptr<std::FILE, closer> in(std::fopen(path.c_str(), "rb")); in) {
    const auto size = std::fread(bytes.data(), 1, bytes.size(), in.get());
    return to_buffer(byte_view(bytes).first(size));
  }
  const std::unique_ptr<std::FILE, closer> out(std::fopen(path.c_str(), "wb"));
  const auto written = out ? std::fwrite(now.data(), 1, now.size(), out.get()) : 0;
  ADD_FAILURE() << path << " was missing and has been written (" << written << " bytes): check it and commit it";
  return now;
}

}  // namespace perigee::model
