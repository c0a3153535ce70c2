// A file descriptor that goes with the object. Standard input, output and error stay open.
#pragma once

#include <unistd.h>

#include <utility>

namespace glucoledger::base {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ > STDERR_FILENO) ::close(value_);
  }

  int value() const { return value_; }  // below 0: none
  // To whoever closes it from now on.
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

}  // namespace glucoledger::base
