#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "quarantine/detail/book.hpp"

namespace perigee::quarantine::detail {

/// The quarantine's file. After `load`, used on the worker only, by jobs that share it.
class log_file {
 public:
  log_file(io::disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  /// Reads the file into `into`; makes it where there is none. What is damaged is left out, and the log says so.
  result<> load(book& into, perigee::epoch fresh);

  /// A rewrite failed half-way: nothing can be appended before one works.
  [[nodiscard]] bool must_rewrite() const { return replaced_; }
  /// Durable when it returns. The bytes stand at `end()` of before; after an error the same may be tried again.
  result<> append(byte_view frames);
  /// Replaces the file by `head` and the frames at `keep` and `more`, so that after a crash the old or the new one is
  /// there. Answers where each of `keep` stands now; nowhere (length 0) where it is damaged.
  result<std::vector<place>> rewrite(byte_view head, const std::vector<place>& keep, byte_view more);
  /// The body of the frame there, checked.
  result<byte_buffer> read(place at);
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  result<> start_anew(perigee::epoch fresh, book& into);
  result<> load_frames(book& into);
  result<byte_buffer> read_whole_frame(place at);
  [[nodiscard]] std::string folder() const { return path_.substr(0, path_.rfind('/')); }

  io::disk& disk_;
  std::string path_;
  std::unique_ptr<io::file> file_;
  std::uint64_t end_ = 0;
  bool replaced_ = false;
};

}  // namespace perigee::quarantine::detail
