"""Growth: what chatd costs against how much there is of something. See docs/performance.rst."""
