#pragma once
// What each client of this folder is given and says.

#include <cstdio>
#include <string>
#include <string_view>

/// `PROGRAM PORT CA CERTIFICATE KEY`
struct invitation {
  int port = 0;
  std::string authority;
  std::string certificate;
  std::string key;
};

inline bool take(int argc, char** argv, invitation& out) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s PORT CA CERTIFICATE KEY\n", argv[0]);
    return false;
  }
  out = {std::stoi(argv[1]), argv[2], argv[3], argv[4]};
  return true;
}

/// One line, at once: the test reads it from a file.
inline void say(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}
