# The two commands are `make run` and `make test`; everything else is CMake (CMakePresets.json).
# LIBTORCH=DIR uses that LibTorch instead of the torch wheel in .venv.
.PHONY: help run test asan headless format clean
export LIBTORCH

help:
	@echo 'make run       install what is missing, build, get the sample library, open the window'
	@echo '               (without a display: train the quick study and draw its chart)'
	@echo 'make test      build and run every test'
	@echo 'make headless  build and test the command line without the window'
	@echo 'make asan      run the tests with the address and undefined-behaviour sanitizers'
	@echo 'make format    format the sources'
	@echo 'make clean     remove what was built (build/)'
	@echo 'LIBTORCH=DIR   use that LibTorch instead of the torch wheel in .venv'

run:
	@packaging/bootstrap
	@packaging/build release
	@packaging/start build/release

test:
	@packaging/bootstrap --tests
	@packaging/build dev
	@packaging/test dev

headless:
	@packaging/bootstrap --tests
	@packaging/build headless
	@packaging/test headless

asan:
	@packaging/bootstrap --tests
	@packaging/build asan
	@packaging/test asan

format:
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build
