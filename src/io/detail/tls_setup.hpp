#pragma once

#include <array>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "io/detail/openssl.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// What one reading of a configuration's files gave. Shared by the connections made from it, none of which changes it.
struct tls_setup {
  struct named {
    std::vector<std::string> names;
    certificate_ptr certificate;
    key_ptr key;
    certificates_ptr chain;
  };

  ssl_context_ptr context;
  std::vector<named> others;  // a server's, by SNI
  std::string protocols;      // a server's ALPN list as it is on the wire
  identity_source identity = identity_source::common_name;
  std::vector<tls_certificate_state> certificates;
  std::array<unsigned char, 32> fingerprint{};  // of all that was read
};

struct tls_client_choice {
  tls_files files;
  tls_client_options how;
};

/// A sentence for a person, with the file's name.
template <class T>
using or_sentence = std::expected<T, std::string>;

[[nodiscard]] or_sentence<std::shared_ptr<const tls_setup>> load_server(const tls_server_options& options);
[[nodiscard]] or_sentence<std::shared_ptr<const tls_setup>> load_client(const tls_client_choice& choice);

/// The context behind the public face: its options, and what they gave last.
class tls_state final : public tls_context {
 public:
  using options = std::variant<tls_server_options, tls_client_choice>;

  [[nodiscard]] static result<std::shared_ptr<tls_context>> open(options chosen);
  tls_state(options chosen, std::shared_ptr<const tls_setup> first)
      : options_(std::move(chosen)), current_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const tls_setup> current() const;
  [[nodiscard]] std::expected<bool, std::string> reload() override;
  [[nodiscard]] std::vector<tls_certificate_state> certificates() const override;

 private:
  const options options_;
  mutable std::mutex lock_;  // guards current_, which a worker replaces
  std::shared_ptr<const tls_setup> current_;
};

}  // namespace perigee::io
