#pragma once

#include <string>

#include "base/error.hpp"

namespace perigee::node {

/// A secret is never in the file: the file says where it is. Read when it is needed, kept no longer.
struct secret {
  enum class place { file, env, tpm, token };
  place from = place::file;
  std::string name;  // an absolute path, the name of an environment variable, a handle in the TPM, or a token's URI

  /// errc::not_found, errc::io, errc::too_large; errc::unsupported for one in a TPM or token.
  [[nodiscard]] result<std::string> read() const;
};

}  // namespace perigee::node
