# Finds LibTorch in LIBTORCH (variable or environment), else in the source tree's .venv, and defines `libtorch::libtorch`.
# Torch's own package file asks for a CUDA toolkit when the wheel was built with CUDA; linking needs only the shared files.
set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "Folder of LibTorch (the one with include/ and lib/)")
if(NOT LIBTORCH)
  file(GLOB venv_torch "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(POP_FRONT venv_torch LIBTORCH_IN_VENV)
endif()
find_path(LibTorch_INCLUDE_DIR ATen/ATen.h PATHS "${LIBTORCH}/include" "${LIBTORCH_IN_VENV}/include" NO_DEFAULT_PATH)
find_library(LibTorch_CPU torch_cpu PATHS "${LIBTORCH}/lib" "${LIBTORCH_IN_VENV}/lib" NO_DEFAULT_PATH)
if(LibTorch_INCLUDE_DIR)
  file(STRINGS "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h" version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" LibTorch_VERSION "${version_lines}")
  string(REPLACE ";" "." LibTorch_VERSION "${LibTorch_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_CPU LibTorch_INCLUDE_DIR VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "Run packaging/bootstrap, or pass -DLIBTORCH=<folder with include/ and lib/>.")

if(LibTorch_FOUND AND NOT TARGET libtorch::libtorch)
  get_filename_component(libtorch_lib "${LibTorch_CPU}" DIRECTORY)
  add_library(libtorch::libtorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(libtorch::libtorch SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  # at::parallel_for is a header that runs in parallel only where OpenMP is on. Its threads must be LibTorch's own: the wheel
  # brings that library, a LibTorch of the distribution uses the compiler's.
  file(GLOB libtorch_omp "${libtorch_lib}/libgomp*.so*")
  list(POP_FRONT libtorch_omp LibTorch_OMP)
  if(NOT LibTorch_OMP)
    set(LibTorch_OMP gomp)
  endif()
  target_link_libraries(libtorch::libtorch INTERFACE "${LibTorch_CPU}" "${libtorch_lib}/libc10.so" "${LibTorch_OMP}")
  if(EXISTS "${libtorch_lib}/libtorch_cuda.so")
    # Registers its kernels when loaded; nothing refers to it by symbol, so the linker must be told to keep it
    # (except in a program that says by this property that it computes nothing).
    target_link_options(libtorch::libtorch INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:AWB_WITHOUT_TORCH>>>:
      LINKER:--no-as-needed,${libtorch_lib}/libtorch_cuda.so,${libtorch_lib}/libc10_cuda.so,--as-needed>)
  endif()
endif()
