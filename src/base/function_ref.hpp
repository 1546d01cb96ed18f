#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace perigee {

template <class Signature>
class function_ref;

/// Borrows a callable for the length of a call: a parameter type for callbacks that costs no allocation and no
/// template.
template <class R, class... Args>
class function_ref<R(Args...)> {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> && std::is_invocable_r_v<R, F&, Args...>)
  function_ref(F&& callable)  // NOLINT: implicit, so that a lambda can be passed as it is
      : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* f, Args... args) -> R {
          return std::invoke(*static_cast<std::remove_reference_t<F>*>(f), std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(callable_, std::forward<Args>(args)...); }

 private:
  void* callable_;
  R (*call_)(void*, Args...);
};

}  // namespace perigee
