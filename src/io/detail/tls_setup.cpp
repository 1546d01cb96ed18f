// From files in PEM to what OpenSSL works with. docs/decisions/ says why these versions and modes.

#include "io/detail/tls_setup.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <format>
#include <span>

#include "base/limits.hpp"
#include "crypto/token_key.hpp"
#include "io/detail/certificate.hpp"
#include "io/detail/tls_verify.hpp"
#include "io/file.hpp"

namespace perigee::io {
namespace {

using setup_ptr = std::shared_ptr<tls_setup>;
using shared_key = std::shared_ptr<EVP_PKEY>;
using crypto::token_key;

constexpr long ticket_lifetime_s = 3600;
constexpr int chain_certificates_max = 10;
// A connection keeps its peer's key share, and a hybrid one with ML-KEM is 6 KiB: a server takes it from who offers
// nothing else.
constexpr const char* server_groups = "X25519:P-256:X25519MLKEM768:P-384";

std::unexpected<std::string> refuse(std::string_view file, std::string_view what) {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  if (reason == nullptr) return std::unexpected(std::format("{}: {}", file, what));
  return std::unexpected(std::format("{}: {} ({})", file, what, reason));
}

/// Collects what is read, so that a reload can tell whether anything changed.
class reader {
 public:
  reader() : digest_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr); }

  or_sentence<std::string> file(const std::string& path) {
    const auto bytes = read_whole(real_disk(), path, limits::tls_file_bytes_max);
    if (!bytes) return std::unexpected(std::format("{}: cannot be read: {}", path, bytes.error().text()));
    return text(std::string(as_text(*bytes)));
  }
  std::string text(std::string what) {
    const auto bytes = what.size();  // so that moving a byte from one file to the next is a change too
    EVP_DigestUpdate(digest_.get(), &bytes, sizeof(bytes));
    EVP_DigestUpdate(digest_.get(), what.data(), what.size());
    return what;
  }
  std::array<unsigned char, 32> fingerprint() {
    std::array<unsigned char, 32> out{};
    EVP_DigestFinal_ex(digest_.get(), out.data(), nullptr);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>> digest_;
};

bio_ptr over(const std::string& pem) { return bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

/// Every certificate of a PEM text; at least one, or nothing.
certificates_ptr certificates_in(const std::string& pem) {
  certificates_ptr out(sk_X509_new_null());
  const auto from = over(pem);
  while (certificate_ptr one{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)}) {
    sk_X509_push(out.get(), one.release());
  }
  const auto code = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (sk_X509_num(out.get()) == 0 || !at_end) return nullptr;
  ERR_clear_error();
  return out;
}

/// Never asks a person for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string_view name_of_key(const tls_files& files) {
  return files.key_text.empty() ? std::string_view(files.key) : "the key";
}

/// A token is slow: the key that it gave before is taken where it still is the certificate's.
or_sentence<token_key> key_in_token(reader& from, const tls_files& files, const X509& owner, const tls_setup* before) {
  const auto uri = from.text(files.key);
  if (before != nullptr && before->token && X509_check_private_key(&owner, before->token->key.get()) == 1) {
    return *before->token;
  }
  auto found = crypto::find_token_key(uri);
  if (!found) return refuse(files.key, found.error().what);
  return *std::move(found);
}

or_sentence<shared_key> read_key(reader& from, const tls_files& files) {
  auto pem = files.key_text.empty() ? from.file(files.key) : from.text(files.key_text);
  if (!pem) return std::unexpected(std::move(pem).error());
  key_ptr out(PEM_read_bio_PrivateKey(over(*pem).get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!out) return refuse(name_of_key(files), "this is not a private key in PEM, or it has a passphrase");
  return out;
}

or_sentence<tls_setup::named> read_chain(reader& from, const tls_files& files) {
  tls_setup::named out;
  PG_TRY(const auto chain, from.file(files.certificate));
  out.chain = certificates_in(chain);
  if (!out.chain) return refuse(files.certificate, "this is not a certificate chain in PEM");
  out.certificate.reset(sk_X509_shift(out.chain.get()));
  return out;
}

or_sentence<void> check_pair(const tls_setup::named& of, const tls_files& files) {
  if (X509_check_private_key(of.certificate.get(), of.key.get()) == 1) return {};
  return refuse(name_of_key(files), std::format("this is not the key of the certificate in {}", files.certificate));
}

tls_certificate_state state_of(const tls_files& files, const X509& certificate) {
  return {files.certificate, name_in(certificate, identity_source::subject).value_or(""), not_after(certificate)};
}

/// The own certificate, which is shown where no other is asked for.
or_sentence<void> use_identity(tls_setup& into, reader& from, const tls_files& files, const tls_setup* before) {
  PG_TRY(auto own, read_chain(from, files));
  if (crypto::is_token_uri(files.key)) {
    PG_TRY(into.token, key_in_token(from, files, *own.certificate, before));
    own.key = into.token->key;
  } else {
    PG_TRY(own.key, read_key(from, files));
  }
  PG_TRY_VOID(check_pair(own, files));
  if (SSL_CTX_use_cert_and_key(into.context.get(), own.certificate.get(), own.key.get(), own.chain.get(), 1) != 1) {
    return refuse(files.certificate, "this certificate cannot be used");
  }
  into.certificates.push_back(state_of(files, *own.certificate));
  into.first = std::move(own.certificate);
  return {};
}

/// One more of a server's, by SNI.
or_sentence<tls_setup::named> read_other(reader& from, const tls_named_certificate& other) {
  PG_TRY(auto out, read_chain(from, other.files));
  PG_TRY(out.key, read_key(from, other.files));
  PG_TRY_VOID(check_pair(out, other.files));
  out.names = other.names.empty() ? server_names(*out.certificate) : other.names;
  return out;
}

or_sentence<void> trust(tls_setup& into, reader& from, const std::string& authority, const judge_maker& judge) {
  PG_TRY(const auto pem, from.file(authority));
  const auto all = certificates_in(pem);
  if (!all) return refuse(authority, "this is not a certificate authority in PEM");
  auto* store = SSL_CTX_get_cert_store(into.context.get());
  for (int i = 0; i < sk_X509_num(all.get()); ++i) {
    if (X509_STORE_add_cert(store, sk_X509_value(all.get(), i)) != 1) return refuse(authority, "it cannot be trusted");
  }
  if (!judge) return {};
  auto made = judge(pem);
  if (!made) return refuse(authority, made.error().what);
  into.judge = *std::move(made);
  ask_judge(into);
  return {};
}

void check_as_of(X509_VERIFY_PARAM& of, const as_of& time) {
  if (time.at) {
    X509_VERIFY_PARAM_set_time(&of, static_cast<std::time_t>(time.at->ns / 1'000'000'000));
  } else {
    X509_VERIFY_PARAM_set_flags(&of, X509_V_FLAG_NO_CHECK_TIME);
  }
}

/// As ALPN has it on the wire: each after its length (RFC 7301 3.1).
std::string on_the_wire(const std::vector<std::string>& protocols) {
  std::string out;
  for (const auto& one : protocols) {
    out += static_cast<char>(one.size());
    out += one;
  }
  return out;
}

setup_ptr make(const SSL_METHOD* method, const tls_files& files, tls_version version_min) {
  auto made = std::make_shared<tls_setup>();
  auto* const where = crypto::is_token_uri(files.key) ? crypto::context_of_token(files.key) : nullptr;
  made->context.reset(SSL_CTX_new_ex(where, nullptr, method));
  auto* c = made->context.get();
  SSL_CTX_set_min_proto_version(c, version_min == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // An idle connection gives its record buffers back, and one recv takes all that has come.
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(c, 1);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_verify_depth(c, chain_certificates_max);
  return made;
}

/// Sessions go out as tickets (RFC 8446 4.6.1, RFC 5077) and are kept nowhere here. A ticket carries the client's
/// certificate, so who resumes is still known; it is taken by the setup that gave it only.
void give_tickets(const tls_setup& setup) {
  auto* c = setup.context.get();
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(c, setup.fingerprint.data(), static_cast<unsigned>(setup.fingerprint.size()));
  SSL_CTX_set_num_tickets(c, 1);
  SSL_CTX_set_timeout(c, ticket_lifetime_s);
}

/// ALPN: RFC 7301 3.2.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned int offered_bytes, void* setup) {
  const auto& ours = static_cast<const tls_setup*>(setup)->protocols;
  unsigned char* out = nullptr;
  const int found = SSL_select_next_proto(&out, chosen_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
                                          static_cast<unsigned int>(ours.size()), offered, offered_bytes);
  *chosen = out;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// SNI: RFC 6066 3. Who asks for a name that no certificate has is shown the first.
int choose_certificate(SSL* of, int*, void* setup) {
  const char* host = SSL_get_servername(of, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto wanted = [&](const tls_setup::named& one) {
    return std::ranges::any_of(one.names, [&](const auto& name) { return covers(name, host); });
  };
  const auto& others = static_cast<const tls_setup*>(setup)->others;
  const auto found = std::ranges::find_if(others, wanted);
  if (found == others.end()) return SSL_TLSEXT_ERR_OK;
  const int used = SSL_use_cert_and_key(of, found->certificate.get(), found->key.get(), found->chain.get(), 1);
  return used == 1 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int verify_mode(client_certificate wanted) {
  switch (wanted) {
    case client_certificate::none: return SSL_VERIFY_NONE;
    case client_certificate::optional: return SSL_VERIFY_PEER;
    case client_certificate::required: break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

or_sentence<std::shared_ptr<const tls_setup>> load_server(const tls_server_options& options, const tls_setup* before) {
  ERR_clear_error();
  auto made = make(TLS_server_method(), options.files, options.version_min);
  auto* c = made->context.get();
  reader from;
  PG_TRY_VOID(use_identity(*made, from, options.files, before));
  if (!options.files.authority.empty()) PG_TRY_VOID(trust(*made, from, options.files.authority, options.judge));
  for (const auto& other : options.others) {
    PG_TRY(auto more, read_other(from, other));
    made->certificates.push_back(state_of(other.files, *more.certificate));
    made->others.push_back(std::move(more));
  }
  made->fingerprint = from.fingerprint();
  made->identity = options.identity;
  made->protocols = on_the_wire(options.protocols);
  made->admits_lapsed = options.admits_lapsed;
  const bool by_subject =
      options.identity == identity_source::common_name || options.identity == identity_source::subject;
  SSL_CTX_set_verify(c, verify_mode(options.client), by_subject ? check_constrained_name : nullptr);
  SSL_CTX_set1_groups_list(c, server_groups);
  give_tickets(*made);
  offer_staple(*made);
  // The callbacks see the setup only while a connection holds it (tls_socket).
  if (!made->protocols.empty()) SSL_CTX_set_alpn_select_cb(c, choose_protocol, made.get());
  if (!made->others.empty()) {
    SSL_CTX_set_tlsext_servername_callback(c, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(c, made.get());
  }
  return made;
}

or_sentence<std::shared_ptr<const tls_setup>> load_client(const tls_client_choice& choice, const tls_setup* before) {
  ERR_clear_error();
  auto made = make(TLS_client_method(), choice.files, choice.how.version_min);
  auto* c = made->context.get();
  reader from;
  if (!choice.files.certificate.empty()) PG_TRY_VOID(use_identity(*made, from, choice.files, before));
  if (!choice.files.authority.empty()) {
    PG_TRY_VOID(trust(*made, from, choice.files.authority, choice.how.judge));
  } else if (SSL_CTX_set_default_verify_paths(c) != 1) {
    return refuse("the machine's list of authorities", "cannot be used");
  }
  made->fingerprint = from.fingerprint();
  if (choice.time) check_as_of(*SSL_CTX_get0_param(c), *choice.time);
  SSL_CTX_set_verify(c, choice.how.verify == server_check::full ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const auto offered = on_the_wire(choice.how.protocols);
  if (!offered.empty()) {
    SSL_CTX_set_alpn_protos(c, reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned int>(offered.size()));
  }
  return made;
}

}  // namespace perigee::io
