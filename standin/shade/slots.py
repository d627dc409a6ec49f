"""What stands where in the vectors and maps that the kernels read: one name for each index.

The numbers are frozen into the kernels when these are compiled; frame.py sees to it that a change compiles them anew.
"""

# the look of one character, filled by look.py
(
    TONE_R, TONE_G, TONE_B, BLOTCHES, ROUGHNESS, REDNESS, FRECKLES, MOLES, CIRCLES, GLOSS, WRINKLES, PATCHES, PATTERN,
    STUBBLE, BEARD, BEARD_CHIN, BEARD_LIP, BEARD_CHEEK, BEARD_R, BEARD_G, BEARD_B,
    SCAR, SCAR_U, SCAR_V, SCAR_COS, SCAR_SIN, SCAR_LENGTH,
    BLUSH, LIP_R, LIP_G, LIP_B, LIP_BLEND, LIP_GLOSS, CUPID, LIP_UPPER, LIP_LOWER, LIP_CORNER,
    LID_UPPER, LID_LOWER, LID_PEAK, EYE_HALF_WIDTH, EYE_COS, EYE_SIN, CREASE, IRIS_SIZE, IRIS_R, IRIS_G, IRIS_B,
    CLOSURE_LEFT, CLOSURE_RIGHT, LASHES, LINER, SHADOW_R, SHADOW_G, SHADOW_B, SHADOW_BLEND,
    BROW_INNER, BROW_OUTER, BROW_THICK, BROW_DENSITY, BROW_ARCH, BROW_R, BROW_G, BROW_B,
    HAIR_R, HAIR_G, HAIR_B, HAIR_TIP, HAIR_SHINE, HAIR_CURL, HAIR_DENSITY_SIDES, CLOTH_R, CLOTH_G, CLOTH_B,
    NUM_LOOK,
) = range(75)  # fmt: skip

# what hangs at each vertex for hair
HAIR_DISTANCE, HAIR_ACROSS, HAIR_ALONG, HAIR_TX, HAIR_TY, HAIR_TZ, NUM_HAIR = range(7)

# the map of the face, baked by atlas.py: 17 channels
(
    SITE_OPEN, SITE_RED, SITE_BLUSH, SITE_CIRCLE, SITE_ORBIT, SITE_FRECKLES, SITE_GRAIN, SITE_GRAIN_U, SITE_GRAIN_V,
    SITE_FOLD_U, SITE_FOLD_V, SITE_AGE_U, SITE_AGE_V, SITE_BEARD_LIP, SITE_BEARD_CHIN, SITE_BEARD_CHEEK, NUM_SITE,
) = range(17)  # fmt: skip
ATLAS_TOP, ATLAS_BOTTOM, ATLAS_SIDE = 12.0, -12.0, 7.6  # canonical centimetres
ATLAS_TEXELS_PER_CM = 16.0

# the pixel being painted
PX_R, PX_G, PX_B, PX_SPECULAR, PX_SHARP, PX_OPEN, PX_NX, PX_NY, PX_NZ, PX_GLOW, PX_IS_EYE, NUM_PIXEL = range(12)

LIGHT_RGB, LIGHT_HALF = 3, 6  # columns of a light: its direction first, then its colour, then its half vector
