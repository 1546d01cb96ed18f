#pragma once
// The files of a site's authorities, in a folder: what `perigee ca` makes and looks at.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "cli/command.hpp"
#include "identity/authority.hpp"

namespace perigee::cli {

struct named_text {
  std::string_view name;  // in the folder
  std::string text;
};

/// Never over what is there: a key that is gone is gone. errc::exists.
[[nodiscard]] result<> write_new(const std::string& file, std::string_view text);
[[nodiscard]] result<std::string> read_text(const std::string& file, std::uint64_t bytes_max);
/// The passphrase of the keys, which is never an argument: the first line of --passphrase-file; empty without one.
/// errc::malformed for a file without one.
[[nodiscard]] result<std::string> passphrase_of(const invocation& called);
/// A new root and issuing authority under the names of a site whose authorities these are, with what each root says of
/// the other: issuing.crt has the old root's word behind it, vouching.crt both, root.crt both roots. Keys are encrypted
/// where there is a passphrase. docs/identity.md, "Rollover".
[[nodiscard]] result<std::vector<named_text>> make_next_site(const identity::authority& root,
                                                             const identity::certificate& issuing,
                                                             std::string_view passphrase, timestamp now);

}  // namespace perigee::cli
