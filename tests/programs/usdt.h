// Static probes for test programs: notes as <sys/sdt.h> writes them, but with the text of the arguments in
// the caller's hand, so that every form that compilers may choose can be had.
#pragma once

// `semaphore`: the name of a counter as text, or "0". `arguments` may name operands of the asm statement,
// which follow: USDT("ns", "name", "0", "-4@%0", : : "nor"(value)).
#define USDT(name_space, name, semaphore, arguments, ...)                     \
  asm volatile(                                                               \
      "990: nop\n"                                                            \
      ".pushsection .note.stapsdt,\"?\",\"note\"\n"                           \
      ".balign 4\n"                                                           \
      ".4byte 992f-991f, 994f-993f, 3\n"                                      \
      "991: .asciz \"stapsdt\"\n"                                             \
      "992: .balign 4\n"                                                      \
      "993: .8byte 990b\n"                                                    \
      ".8byte _.stapsdt.base\n"                                               \
      ".8byte " semaphore                                                     \
      "\n"                                                                    \
      ".asciz \"" name_space                                                  \
      "\"\n"                                                                  \
      ".asciz \"" name                                                        \
      "\"\n"                                                                  \
      ".asciz \"" arguments                                                   \
      "\"\n"                                                                  \
      "994: .balign 4\n"                                                      \
      ".popsection\n"                                                         \
      ".ifndef _.stapsdt.base\n"                                              \
      ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
      ".weak _.stapsdt.base\n"                                                \
      ".hidden _.stapsdt.base\n"                                              \
      "_.stapsdt.base: .space 1\n"                                            \
      ".size _.stapsdt.base, 1\n"                                             \
      ".popsection\n"                                                         \
      ".endif\n" __VA_ARGS__)

// A counter that tells whether somebody listens.
#define USDT_SEMAPHORE(variable)                                                                  \
  extern "C" {                                                                                    \
  __attribute__((section(".probes"), visibility("hidden"))) volatile unsigned short variable = 0; \
  }
