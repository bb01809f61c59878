# awb_embed_text(TARGET FILE SYMBOL): compiles a text file into TARGET as `extern const char *const awb::resources::SYMBOL`.
function(awb_embed_text target file symbol)
  set(source "${CMAKE_SOURCE_DIR}/${file}")
  file(READ "${source}" text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  set(output "${CMAKE_BINARY_DIR}/generated/resource_${symbol}.cpp")
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT
       "namespace awb::resources {\nextern const char *const @symbol@;\nconst char *const @symbol@ = R\"awbtext(@text@)awbtext\";\n}\n")
  target_sources(${target} PRIVATE "${output}")
endfunction()
