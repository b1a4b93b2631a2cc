"""Who asks for what, may they, and in which form do they want the answer?"""
