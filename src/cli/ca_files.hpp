#pragma once
// The files of a site's authorities, in a folder: what `perigee ca` makes and looks at.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/authority.hpp"

namespace perigee::cli {

struct named_text {
  std::string_view name;  // in the folder
  std::string text;
};

/// Never over what is there: a key that is gone is gone. errc::exists.
[[nodiscard]] result<> write_new(const std::string& file, std::string_view text);
[[nodiscard]] result<std::string> read_text(const std::string& file, std::uint64_t bytes_max);
/// The key and the certificates of one, NAME.key and NAME.crt; of a file with several certificates what stands first is
/// its own.
[[nodiscard]] result<identity::authority> open_authority(const std::string& folder, std::string_view name);
/// A root and the issuing authority of a site below it: root.key, root.crt, issuing.key, issuing.crt.
[[nodiscard]] result<std::vector<named_text>> make_site(const std::string& site, timestamp now);
/// The same under the names of a site whose authorities these are, with what each root says of the other: issuing.crt
/// has the old root's word behind it, vouching.crt both, root.crt both roots. docs/identity.md, "Rollover".
[[nodiscard]] result<std::vector<named_text>> make_next_site(const identity::authority& root,
                                                             const identity::certificate& issuing, timestamp now);

}  // namespace perigee::cli
